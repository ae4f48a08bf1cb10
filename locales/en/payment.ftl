### Cards, payments and why they were refused.
