"""Views: what doors show of each stage, and to whom; the one place that asks tables on behalf of a reader. Read sight first."""
