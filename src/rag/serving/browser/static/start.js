// Everything is there: the parts of the page begin.

startReader();
startPage();
startKept();
startFeedback();
startTabs();
startWords();
