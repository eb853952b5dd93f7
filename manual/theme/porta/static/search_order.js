// The order of what the search finds: decisions and changes are of the past, so they come last.
"use strict";

Scorer.score = ([page, , , , score]) => (/^(adr\/|changelog$)/.test(page) ? score - 1000 : score);
