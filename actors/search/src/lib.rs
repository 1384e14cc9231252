//! Finds rooms over all hotels, with what answers in time.
