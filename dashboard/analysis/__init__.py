"""From snapshots to numbers. No Streamlit, Plotly or pydeck."""
