"""What people look at: figures (arrays in, plotly out) and the HTML report."""
