//! The first hour with skep, step by step against the program itself, and the three kinds of test that an application has.

mod kinds;
mod program;
mod steps;
