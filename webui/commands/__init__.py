"""The command `symbiosis`. Read main, faults, keyfiles, server, place; then a file for each command."""
