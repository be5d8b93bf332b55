"""A detector for detect-secrets, which knows no tokens of the Hugging Face Hub."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class HubTokenDetector(RegexBasedDetector):
    secret_type = "Hugging Face token"  # pragma: allowlist secret
    denylist = (re.compile(r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}\b"),)
