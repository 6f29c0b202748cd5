"""How Sphinx makes the site. tools/build_site.py puts this folder beside the labs and documents and calls it."""

project = "labkit"
author = "the labkit authors"
html_title = "Edge Deployment & Model Optimization"

extensions = ["myst_nb"]
exclude_patterns = ["model/*"]
nb_execution_mode = "off"  # the outputs are those of the executed solutions
nb_ipywidgets_js = {}  # would load a script from another machine; live.js is what moves the figures here
nb_code_prompt_show = "Show the set-up cell"
nb_code_prompt_hide = "Hide the set-up cell"
nb_number_source_lines = False
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
smartquotes = False  # the labs mean the quotes that they write

html_theme = "furo"
html_static_path = ["_static"]
html_extra_path = ["model"]
html_css_files = ["explorer.css", "site.css"]
html_js_files = [("live.js", {"defer": "defer"}), ("site.js", {"defer": "defer"})]
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_copyright = False
