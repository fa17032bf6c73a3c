"""What the local functions of a program do that a derivative, or a client, does not survive."""
