"""Python code as libcst nodes: made from templates, filled with the code of users, laid out."""
