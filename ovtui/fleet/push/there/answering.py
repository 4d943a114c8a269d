"""`python - REQUEST`: a request as JSON, and its answer, one line of JSON after MARK."""

import errno
import json
import os
import sys

from ovtui.fleet.push.there.folders import Trouble
from ovtui.fleet.push.there.installing import install, look
from ovtui.fleet.push.there.removing import remove, runs

MARK = "ovtui-push "
FULL = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    os.umask(0o077)
    request = json.loads(sys.argv[1])
    try:
        answer = {"look": look, "install": install, "runs": runs, "remove": remove}[request["do"]](request)
    except Trouble as trouble:
        answer = {"error": str(trouble), "kind": trouble.kind}
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        kind = "full-disk" if error.errno in FULL else "failed"
        answer = {"error": f"{where}{error.strerror or error}", "kind": kind}
    print(f"{MARK}{json.dumps(answer)}")


if __name__ == "__main__":
    main()
