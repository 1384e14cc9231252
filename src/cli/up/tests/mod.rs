//! What `up` promises of its processes.
