"""Questions with known answers, and what they say about a model. No page: nothing here imports gradio."""
