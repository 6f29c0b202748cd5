"""Wrong and right answers to the exercises of lab 04."""
