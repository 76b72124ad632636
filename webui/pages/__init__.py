"""Pages: what people see. Read routes, rendering, listing and forms first; each noun's pages stand in a module of its name."""
