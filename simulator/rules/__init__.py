"""The rules of the platform, one concern a file.

Rule of this package: each rule refuses by `ApiError`, or changes a row.
"""
