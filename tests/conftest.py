"""What all tests share: they see no configuration of whoever runs them."""

from __future__ import annotations

import os

for _name in [name for name in os.environ if name.startswith(("GRIDRT_", "STREAMLIT_"))]:
    del os.environ[_name]
# A developer's own .streamlit/secrets.toml may name a real tenant.
os.environ["STREAMLIT_SECRETS_FILES"] = os.devnull
