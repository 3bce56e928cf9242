"""Rust: parsed with tree-sitter, visited by node type, without what ``#[cfg]`` leaves out of the target's build."""
