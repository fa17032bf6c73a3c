"""The commands of the command line, one file each: options in, a call of the compiler, text out."""
