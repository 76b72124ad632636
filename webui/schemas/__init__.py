"""The form of requests and answers, one file per noun; deriving.py makes them from the frozen dataclasses that services return."""
