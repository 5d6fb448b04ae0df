//! The binary. Not yet: the server comes next.

fn main() {}
