"""`ovtui completion`, and the answer to a TAB.

The scripts in `completions/` call ovtui with the line up to the cursor in _OVTUI_LINE. They stand in for click's own
because those complete no value with a colon in bash, which splits words at it, replace `--hint=` together with its
value in zsh, and put a blank behind a folder."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem, ShellComplete, _resolve_context

from ovtui.cli.exits import Exit
from ovtui.settings.shown_text import shown

SCRIPTS = Path(__file__).parent / "completions"
_SPECIAL = re.compile(r"[^\w@%+=:,./^~-]")
"""What bash would not take as part of a word."""
_GLUED = re.compile(r"(--[\w-]+=|-[a-z](?=[^-]))(.*)", re.DOTALL)
"""An option and its value in one word: --hint=latency, -dCPU."""


class Line:
    """A command line up to the cursor, split as a POSIX shell splits it."""

    def __init__(self, text: str, breaks: str = "") -> None:
        """`breaks`: the characters at which the shell also splits words for completion, bash's COMP_WORDBREAKS."""
        self.words: list[str] = []
        """The finished words, the command's name first."""
        self.incomplete = ""
        """The word at the cursor without its quotes; empty behind a blank."""
        self.quote = ""
        """The quote that is open at the cursor."""
        self.replaced_from = 0
        """Where in `incomplete` that part begins which bash replaces by the completion."""
        word: str | None = None
        escaped = False
        for character in text:
            if escaped:
                word, escaped = (word or "") + character, False
            elif character == "\\" and self.quote != "'":
                word, escaped = word or "", True
            elif character == self.quote or (not self.quote and character in "\"'"):
                self.quote = "" if self.quote else character
                word = word or ""
                self.replaced_from = len(word)
            elif character.isspace() and not self.quote:
                if word is not None:
                    self.words.append(word)
                word, self.replaced_from = None, 0
            else:
                word = (word or "") + character
                if not self.quote and character in breaks:
                    self.replaced_from = len(word)
        self.incomplete = word or ""

    def quoted(self, text: str) -> str:
        """The text as bash takes it in this place."""
        if self.quote == "'":
            return text.replace("'", "'\\''")
        if self.quote:
            return re.sub(r'([$`"\\])', r"\\\1", text)
        return _SPECIAL.sub(r"\\\g<0>", text)


class _Shell(ShellComplete):
    """The protocol of the scripts for zsh and fish: a word a line, its help behind a tab."""

    source_template = ""

    def source(self) -> str:
        return script(self.name)

    def get_completion_args(self) -> tuple[list[str], str]:
        self.line = Line(os.environ["_OVTUI_LINE"], os.environ.get("_OVTUI_BREAKS", ""))
        return self.line.words[1:], self.line.incomplete

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Without the names that a line of this protocol, or the line that a person types, cannot hold: the shell would
        draw what is in them."""
        return [item for item in self._found(args, incomplete) if shown(str(item.value)) == item.value]

    def _found(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        glued = _GLUED.fullmatch(incomplete)
        if glued is None or "--" in args:
            return super().get_completions(args, incomplete)
        option, value = glued.groups()
        name = option.removesuffix("=")
        if not self._takes_value([*args, name], name):
            return [] if name != option else super().get_completions(args, incomplete)
        found = super().get_completions([*args, name], value)
        return [CompletionItem(f"{option}{item.value}", item.type, item.help) for item in found]

    def _takes_value(self, args: list[str], option: str) -> bool:
        """True where the command that these arguments call has this option, and a value belongs to it."""
        command = _resolve_context(self.cli, self.ctx_args, self.prog_name, args).command
        return any(
            isinstance(parameter, click.Option)
            and option in (*parameter.opts, *parameter.secondary_opts)
            and not (parameter.is_flag or parameter.count)
            for parameter in command.params
        )

    def format_completion(self, item: CompletionItem) -> str:
        help_text = shown(" ".join((item.help or "").split()))
        return f"{item.value}\t{help_text}" if help_text else str(item.value)


class _Zsh(_Shell):
    name = "zsh"


class _Fish(_Shell):
    name = "fish"


class _Bash(_Shell):
    """Bash replaces only what follows the last break, so the answer begins there; quotes are the answer's matter."""

    name = "bash"

    def format_completion(self, item: CompletionItem) -> str:
        return self.line.quoted(str(item.value)[self.line.replaced_from :])


SHELLS: dict[str, type[_Shell]] = {shell.name: shell for shell in (_Bash, _Zsh, _Fish)}


def answer(root: click.Command) -> int:
    """Answers a shell's script, asked by _OVTUI_COMPLETE=bash_complete or bash_source. A failure is silent: whatever
    were printed now would stand in the line that a person types."""
    try:
        shell, _, instruction = os.environ["_OVTUI_COMPLETE"].partition("_")
        complete = SHELLS[shell](root, {}, "ovtui", "_OVTUI_COMPLETE")
        text = complete.source() if instruction == "source" else complete.complete()
        sys.stdout.write(f"{text}\n" if text else "")
    except Exception:  # whatever it is, the person only pressed TAB
        return Exit.FAILED
    return Exit.FINE


def script(shell: str) -> str:
    """The script that a shell reads once."""
    return (SCRIPTS / f"ovtui.{shell}").read_text(encoding="utf-8").rstrip("\n")


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> int:
    """Print the script for completion in a shell. It completes commands, options and their values.

    \b
    bash:  eval "$(ovtui completion bash)"      in ~/.bashrc
    zsh:   eval "$(ovtui completion zsh)"       in ~/.zshrc
    fish:  ovtui completion fish > ~/.config/fish/completions/ovtui.fish
    """
    click.echo(script(shell))
    return Exit.FINE
