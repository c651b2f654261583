"""The browser chat: `rag.Rag` in, a page out that opens every cited sentence in its document.

page.py     the Gradio page and its events          guard.py  what the server answers, and to whom
chat.py     a question → turns, as they stream      warm.py   loading behind the page's back
source.py   a document → blocks with one mark       examples.py  questions to begin with
views.py    all of these → HTML, escaped in one place (templates/), shown by static/ in the words of words/*.json
"""
