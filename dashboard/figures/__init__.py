"""From numbers to Plotly and pydeck objects. No Streamlit."""
