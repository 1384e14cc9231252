//! The macros of skep: they write code that a user could have written by hand, and nothing else.
