//! Invoices as PDF files, one for each completed stay.
