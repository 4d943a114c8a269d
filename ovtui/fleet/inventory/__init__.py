"""Which boxes: a plain list, OpenSSH's names, an Ansible inventory."""
