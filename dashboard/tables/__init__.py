"""Columns as shown, field descriptions and exports. No Streamlit."""
