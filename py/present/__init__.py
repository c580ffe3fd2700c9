"""Pure presentation: form state and query string, numbers to text, failures to words, views.

Nothing here knows the browser; `page` is the only package that does.
"""
