"""C and C++: sliced to one configuration of the preprocessor, parsed with tree-sitter, visited by node type."""
