"""What people read: figures, the report page, the words that explain it."""
