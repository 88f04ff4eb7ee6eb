"""Licences of the environment: a software bill of materials."""
