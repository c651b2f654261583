"""The chat bubble that any page gets by `<script src="…/widget.js">`: one script, made of the files in static/.

words.json  what it says, in each language    ask.js    a question → events, as they are streamed
style.css   how it looks                      turn.js   a question and its answer → elements
panel.js    the bubble, the panel, the keyboard
"""
