"""What satisfaction hangs on: importance derived and stated, the map of both beside performance, the three impressions.

- `moments`: sums of questionnaires by account, and what they are when accounts are drawn again
- `shapley`: R2 shared out among correlated drivers (LMG, Johnson), coefficients, for many draws at once
- `noise`: a question that has nothing to do with anything, as a yardstick
- `derived`: importance as the answers tell it; `stated`: as people say it
- `ordered`: ordered logit; `quadrants`: importance against performance; `impressions`: by team
- `pls`: the algorithm of `satisfaction.paths`
- `page`: all of it, for the page
"""
