// Everything is there: the parts of the page begin.

document.querySelector("#masthead .new").addEventListener("click", () => parts.masthead.trigger("restart"));
startReader();
startPage();
startKept();
startFeedback();
startTabs();
startWords();
