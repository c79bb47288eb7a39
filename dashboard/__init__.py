"""The dashboard: what the pages share. ``main``, ``filters``, ``data``, ``states``, ``panels`` know Streamlit, the rest doesn't."""
