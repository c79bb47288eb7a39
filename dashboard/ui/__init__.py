"""Streamlit elements: one module per panel or widget group."""
