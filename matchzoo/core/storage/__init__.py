"""Bytes in and out: files written whole, locks, caches, tables of numbers, repositories of the Hub."""
