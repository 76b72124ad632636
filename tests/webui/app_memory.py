"""What is the same in every app, made once in a process of tests: builders of addresses, compiled templates."""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class RememberedRule(Rule):
    """An address whose builders are compiled once in a process: most tests make an app, and that was half of the making."""

    builders: ClassVar[dict[tuple[str, bool, str], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - Werkzeug's signature
        key = (self.rule, append_unknown, repr(self.defaults))
        if key not in self.builders:
            self.builders[key] = super()._compile_builder(append_unknown)
        return self.builders[key]


Flask.url_rule_class = RememberedRule


class TemplateMemory(BytecodeCache):
    """Templates that were compiled once in a process, for every app in it; a template that changed is compiled anew."""

    codes: ClassVar[dict[tuple[str, str], Any]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is remembered."""
        bucket.code = self.codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember."""
        self.codes[bucket.key, bucket.checksum] = bucket.code
