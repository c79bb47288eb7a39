"""The dashboard: what the pages share. Most modules are pure: frames in, frames, figures, texts and numbers out."""
