"""Rules about native code: C, C++, Cython, Rust, and their build."""
