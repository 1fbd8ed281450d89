"""The demo tenant: a small shop's sales, its tills, and the jobs that a data team would have for them."""
