"""Pictures: figures drawn as SVG, each with the same figures as a table. Read writing, table, lettering, drawing, picture."""
