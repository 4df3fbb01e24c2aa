# The words of all pages, badges and cards. Project Fluent: https://projectfluent.org/
# A number that chooses a plural is `$count`; what is shown of it is `$n`.

## Numbers and dates

no-price = no price yet
change-none = no change
change-new = new
change-times = { $times }× as much
date = { $day } { $month } { $year }
date-short = { $day } { $month }
date-day = { $day }
date-range = { $from } to { $to }
date-range-years = { $from } to { $to }
date-and-time = { $date }, { $time }
month-of-year = { $month } { $year }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
month-short-1 = Jan
month-short-2 = Feb
month-short-3 = Mar
month-short-4 = Apr
month-short-5 = May
month-short-6 = Jun
month-short-7 = Jul
month-short-8 = Aug
month-short-9 = Sep
month-short-10 = Oct
month-short-11 = Nov
month-short-12 = Dec
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
weekday-short-1 = Mon
weekday-short-2 = Tue
weekday-short-3 = Wed
weekday-short-4 = Thu
weekday-short-5 = Fri
weekday-short-6 = Sat
weekday-short-7 = Sun

## Words that many pages share

tokens = Tokens
cost = Cost at list price
cost-short = List price
requests = Responses
share = Share
day = Day
week = Week
month = Month
year = Year
source = Source
model = Model
machine = Machine
project = Project
sources = Sources
models = Models
machines = Machines
projects = Projects
input = Input
output = Output
cache-read = Cache read
cache-write = Cache write
reasoning = Reasoning
others =
    { $count ->
        [one] { $n } other
       *[other] { $n } others
    }
no-project = no project

## Shell: header, footer, themes, languages

skip = Skip to the numbers
main-navigation = Main
theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
language = Language
nav-overview = Overview
nav-explore = Explore
nav-calendar = Calendar
nav-sessions = Sessions
nav-data = Data
nav-prices = Prices
nav-badges = Badges
nav-wrapped = Year in review
nav-feed = Feed
footer-promise = Every token counted once, in a repository of your own.

## Overview and periods

windows = Period
window-7d = 7 days
window-28d = 28 days
window-30d = 30 days
window-91d = 91 days
window-12m = 12 months
window-all = All time
window-title-7d = Last 7 days
window-title-28d = Last 28 days
window-title-30d = Last 30 days
window-title-91d = Last 91 days
window-title-12m = Last 12 months
window-title-all = All time
window-calendar = Last 12 months
window-hours = Hours of the week
week-title = Week { $week } of { $year }
year-title = { $year }
range-short = { $from } to { $to }
empty-title = No usage collected yet
empty-lead = Collect what the tools on this machine have logged, then add it up:
empty-more = How to set it up
described = { $tokens } tokens, { $cost } at list price, { $range }.
described-tokens = { $tokens } tokens, { $range }.
compare = { $change } against { $range }
compare-part = { $change } in the last { $n } days, against { $range }
compare-new = new: nothing from { $range }
compare-times = { $change } as { $range }
change = Change
fact-cache = Read from cache
fact-cache-before = { $share } in the period before
fact-not-in-log = Not in any log
fact-not-in-log-of = { $n } of { $all } requests through the proxy
fact-active = Active days
fact-active-of = { $n } of { $all }
fact-responses = { $count ->
    [one] { $n } response
   *[other] { $n } responses
  }
fact-unpriced = { $count ->
    [one] { $n } model without a price, { $share } of tokens
   *[other] { $n } models without a price, { $share } of tokens
  }
fact-billed = { $amount } paid by the token
fact-covered = { $amount } covered by plans
fact-latest = Last day
fact-until = { $date }, until { $time }
fact-all-time = Tokens, all time
fact-12m = Tokens, last 12 months
fact-28d = Tokens, last 28 days
notice-quiet = No use on { $machine } since { $date }.
notice-quiet-more = { $count ->
    [one] Nor on { $n } other machine.
   *[other] Nor on { $n } other machines.
  }
notice-stale = Nothing has come in since { $at }.
quality-told = ≈ estimated: computed from text, credits, percentages or times. ◔ partial: told as a sum, or with a part missing.
plan = plan
limits = Limits
limits-scope = Covers
limits-window = Window
limits-used = Used
limits-resets = Resets
witnesses = Logs and proxy
witness = { $source }, { $range }: { $log } tokens in its logs, { $wire } seen by the proxy, { $counted } counted. { $count ->
    [0] { "" }
    [one] { $n } response was seen only by the proxy.
   *[other] { $n } responses were seen only by the proxy.
  }
largest-sessions = Largest sessions
session-start = Started
all-sessions = All sessions

## Charts

trend-day = Tokens by day
trend-week = Tokens by week
trend-month = Tokens by month
trend-shows = Show
trend-table = Show the numbers
trend-inexact = hatched: estimated or partial
trend-nothing = No use in these days.
trend-tokens = { $count ->
    [one] { $n } token
   *[other] { $n } tokens
  }
trend-told-day = { $count ->
    [one] { $what } on { $active } of { $n } day; most on { $when }, { $most }.
   *[other] { $what } on { $active } of { $n } days; most on { $when }, { $most }.
  }
trend-told-week = { $what } on { $active } of { $n } days; most in the week { $when }, { $most }.
trend-told-month = { $what } on { $active } of { $n } days; most in { $when }, { $most }.
trend-top = { $name } has { $share }.
slot-day = { $weekday } { $date }
slots-folded = Each one’s own page shows its parts.
slots-day = Days
slots-week = Weeks
slots-month = Months
mix = Token mix
mix-class = Class
mix-reasoning = of which reasoning
mix-other = Not broken down
cache-told = Between { $low } and { $high } over this time.
cache-formula = Cache read ÷ (cache read + cache write + input).
month-title-cost = { $month } at list price
month-title-tokens = { $month } in tokens
month-forecast = Forecast
month-budget = Budget { $amount }
month-told = { $value } by { $date }.
month-forecast-told = About { $value } by the end of the month if the rest is like the last four weeks; their spread gives { $low } to { $high }.
month-forecast-about = About { $value } by the end of the month if the rest is like the weeks before.
month-forecast-needs = A forecast needs 5 days of this month.
month-forecast-week = A forecast needs a week of use.
month-budget-within = { $share } of the budget of { $amount }.
month-budget-will = { $share } of the budget of { $amount }; the forecast is above it.
month-budget-over = { $share } of the budget of { $amount }: above it.
month-other-within = { $name }: { $spent } of { $amount } ({ $share }).
month-other-will = { $name }: { $spent } of { $amount } ({ $share }); about { $forecast } is expected.
month-other-over = { $name }: { $spent } of { $amount } ({ $share }): above it.

## One source, model, machine or project

list-sources = { $count ->
    [one] { $n } source, over all time.
   *[other] { $n } sources, over all time.
  }
list-models = { $count ->
    [one] { $n } model, over all time.
   *[other] { $n } models, over all time.
  }
list-machines = { $count ->
    [one] { $n } machine, over all time.
   *[other] { $n } machines, over all time.
  }
list-projects = { $count ->
    [one] { $n } project, over all time.
   *[other] { $n } projects, over all time.
  }
list-caption = All time, largest first
list-recent = Last 28 days
list-spark = 12 months
list-first = First used
list-last = Last used
all-sources = All sources
all-models = All models
all-machines = All machines
all-projects = All projects
name-used = Used from { $first } to { $last }
name-used-once = Used on { $last }
name-share = { $share } of all tokens
unverified = unverified
unverified-told = Unverified: the format of its logs is known from descriptions by others only, so that its numbers are partial at best.
name-prices = Prices of this model

## Calendar and hours

quality-exact = exact
quality-partial = partial
quality-estimated = estimated
calendar-title = Calendar
calendar-description = Every day with use since { $date }, as a calendar of years and as hours of the week.
calendar-lead = Each colour holds a fifth of the days with use, so that one large day does not make the others pale. Months lead to their pages.
calendar-label = Tokens by day, { $range }
# One cell, heard and never seen: "41.2M, 12 May".
calendar-cell = { $tokens }, { $date }
calendar-sentence = { $n } of { $all } days with use, most on { $date }: { $tokens } tokens.
calendar-year-total = { $tokens } tokens
calendar-years = Tokens by day
levels-none = none
levels-under = under { $n }
levels-more = more
hours-title = Hours of the week
hours-label = Tokens by weekday and hour
hours-sentence = Most between { $from } and { $to } on { $weekday }: { $tokens } tokens. Hours of { $zone }, { $range }.
on-weekdays-1 = Mondays
on-weekdays-2 = Tuesdays
on-weekdays-3 = Wednesdays
on-weekdays-4 = Thursdays
on-weekdays-5 = Fridays
on-weekdays-6 = Saturdays
on-weekdays-7 = Sundays

## Sessions

sessions-title = Sessions
sessions-lead = { $count ->
    [one] One session of { $all }, with the most tokens.
   *[other] The { $n } largest of { $all } sessions, by tokens.
}
sessions-largest = Largest sessions
sessions-caption = Sessions by tokens, the largest first
sessions-session = Session
sessions-started = Started
sessions-length = Length
sessions-lasted = { $hours ->
    [0] { $m } min
   *[other] { $h }:{ $m } h
}

## Data

data-title = Data
data-description = Daily totals as CSV and JSON, how exact the numbers are, and how they are made.
data-until = Counted until { $at }. Days are those of { $zone }.
data-nothing = Nothing has been counted yet.
data-take = Downloads
data-csv-lead = For spreadsheets: one row per day and name, each file with all tokens.
data-csv-source = days by source
data-csv-model = days by model
data-csv-machine = days by machine
data-csv-project = days by project
data-json = Summaries
data-json-lead = JSON, as the pages read it.
data-json-amounts = Amounts are exact decimal strings in USD; null means that no price is known, never zero.
data-json-latest = the last 7 and 30 days, and the last day
data-json-meta = everything at once, and the names of all other files
data-json-hours = hours of the week
data-json-sessions = the largest sessions
data-json-prices = prices of every model that was used
data-json-limits = limits, as the providers told them
data-json-budgets = budgets
data-json-plans = subscriptions
data-json-reconcile = what logs, proxy, vendors and relays say of the same days
data-json-site = how these pages are set up
data-json-daily = { $count ->
    [one] the one day with use
   *[other] the newest of { $n } days with use
}
data-json-weekly = { $count ->
    [one] the one week with use
   *[other] the newest of { $n } weeks
}
data-json-monthly = { $count ->
    [one] the one month with use
   *[other] the newest of { $n } months
}
data-json-providers = { $count ->
    [one] the one source
   *[other] the first of { $n } sources
}
data-json-machines = { $count ->
    [one] the one machine
   *[other] the first of { $n } machines
}
data-json-models = { $count ->
    [one] the one model
   *[other] the first of { $n } models
}
data-json-projects = { $count ->
    [one] the one project
   *[other] the first of { $n } projects
}
data-shards = Years in columns
data-shards-lead = All rows of a year, one per day, source, model, machine and project. A file’s name holds a hash of its content, so that a name never means two things.
data-kilobytes = { $n } KB
data-columns = What the columns hold
data-columns-caption = Columns of a year
data-column = Column
data-holds = Holds
data-column-day = day of the year, 1 January is 1
data-column-provider = source: a place in dictionaries.providers, counted from 0
data-column-model = model: a place in dictionaries.models
data-column-machine = machine: a place in dictionaries.machines
data-column-project = project: a place in dictionaries.projects; one empty name where projects are not shown
data-column-input = prompt outside the cache
data-column-output = output, reasoning included
data-column-cache-write = prompt written to a cache
data-column-cache-read = prompt read from a cache
data-column-reasoning = of the output, reasoning
data-column-other = tokens that were told only as a total. All tokens are input, output, the two of the cache, and these
data-column-requests = responses
data-column-quality = 0 exact, 1 partial, 2 estimated: the worst of the row
data-column-inexact = tokens that are partial or estimated
data-column-cost = list price in USD as an exact decimal; null where nothing has a price
data-column-unpriced = tokens without a price
data-feed = Feed
data-feed-text = one entry for each week and month that is over, and notices
data-quality = How exact the numbers are
data-quality-none = There are no numbers yet.
data-quality-exact = All tokens are exact: the provider counted them, response by response.
data-quality-partial = { $share } of all tokens are exact. { $inexact } are partial: the provider counted them, but told them as a sum, or a part is missing.
data-quality-estimated = { $share } of all tokens are exact. { $inexact } are partial or estimated; sums with an estimated part have ≈ before them.
data-quality-caption = Exact and uncertain tokens by source
data-counted = Exact
data-uncertain = Partial or estimated
data-counted-share = Exact share
data-quality-worst = Worst
data-means-exact = The provider told it for this response.
data-means-partial = The provider told it, but as a sum or with a part missing.
data-means-estimated = Computed from text, credits, percentages or times.
data-machines-caption = First and last use of each machine
data-first-use = First use
data-last-use = Last use
data-active-days = Active days
data-machine-silent = { $count ->
    [one] one day ago
   *[other] { $n } days ago
}
data-limits = Limits
data-limits-lead = The last word of each provider. A value that was not told is unknown.
data-limits-caption = Limits by source and window
data-limit-window = Window
data-limit-scope = Covers
data-limit-used = Used
data-limit-resets = Resets
data-limit-at = Told at
data-everything = everything
data-unknown = unknown
data-plans = Budgets and plans
data-budgets = Budgets
data-subscriptions = Subscriptions
data-plan = Plan
data-monthly = Per month
data-per-day = { $amount } a day
data-per-week = { $amount } a week
data-of-billed = { $amount }, paid by the token
data-worth = What each plan was worth
data-paid = Paid
data-times = List price ÷ paid
data-plans-note = A subscription pays for these sources. Their list price says what the tokens would cost without it.
data-witnesses = Logs and proxy
data-witnesses-lead = On the days on which the proxy was used. A response that both saw counts once.
data-witnesses-caption = Tokens in logs and at the proxy, by source
data-days = Days
data-log = In logs
data-wire = At the proxy
data-both = Counted
data-wire-only = Responses only the proxy saw
data-statements = What vendors and relays say
data-statements-lead = A second opinion on the same models and days, which are those of UTC here. It is in no total, unless the shared settings say so for days of which nothing else tells.
data-statements-caption = Tokens as vendors and relays tell them, beside what was counted
data-stated = They say
data-missing = Not counted
data-more = Counted, not told
data-stated-cost = Cost, as told
data-how = How the numbers are made
data-how-once = Each response counts once, however many logs, machines or copies tell of it.
data-how-classes = All tokens are input, output, cache write and cache read. Reasoning is a part of the output.
data-how-days = A day begins and ends at midnight in { $zone }. Weeks begin on Monday, as in ISO 8601.
data-how-cost = The list price is what the tokens would cost at the published prices of their day. It is not a bill: subscriptions, discounts and taxes are not in it.
data-how-prices-link = Prices by model
data-how-prices = The price table is of { $date }, from { $source }.
data-how-unpriced = A model without a price counts with its tokens and not with zero: sums that lack a part end in +.
data-how-estimated = Where a tool does not tell tokens, they are estimated from what it does tell, and marked.
data-shown-title = What is shown here
data-shown-lead = The settings decide what is published. What is not shown is not in the files either.
data-what = What
data-here = Here
data-shown = shown
data-not-shown = not shown
data-shown-name = shown under their names
data-shown-alias = shown under numbers

## Prices

prices-title = Prices
prices-description = By which price every model is counted, since when, and where the price comes from.
prices-lead = USD per million tokens. The built-in table is of { $date }.
prices-source = Where the table comes from
prices-caption = Prices by model
prices-by-model = Price of every model that was used
prices-from = From
prices-always = always
prices-plain = standard
prices-condition = Applies to
prices-above = prompts above { $n } tokens
prices-cache-write-hour = Cache write, 1 h
prices-all-classes = All tokens
prices-search = { $price } for each web search
prices-as-input = as input
prices-step-source = where it comes from
prices-rule-user = your own price
prices-rule-listed = built-in table
prices-rule-free = free of charge
prices-found-as = found as { $name }
prices-no-tokens = { $unpriced } of { $tokens } tokens without a price
prices-tokens = { $tokens } tokens
prices-used = { $tokens } tokens, { $range }
prices-note = A class of the prompt without a price of its own costs the input. An hour in the cache without one costs twice the input. A price that changed is counted from its day on.
prices-missing = Models without a price
prices-missing-lead = { $count ->
    [one] One model has tokens without a price: { $tokens } tokens are in no amount.
   *[other] { $n } models have tokens without a price: { $tokens } tokens are in no amount.
}
prices-how = Put the lines below into pricing.json at the root of your data repository, with the prices in place of the dots, in USD per million tokens. A class that costs as much as the input can be left out. If the file is there already, add the model to its models. A model that is shown here under a number has its own name in your reports.
prices-lines = Lines for pricing.json
prices-copy = Copy the lines
prices-copied = Copied
prices-form-hint = USD per million tokens, such as 0.25. Empty fields are left out.

## Badges

badge-no-data = no data yet
badge-none = none
badge-period-today = today
badge-period-7d = 7d
badge-period-28d = 28d
badge-period-30d = 30d
badge-period-91d = 91d
badge-period-12m = 12 months
badge-period-all = all time
badge-label-tokens = AI tokens ({ $period })
badge-label-cost = AI cost ({ $period })
badge-label-requests = AI responses ({ $period })
badge-label-cache = AI cache reads ({ $period })
badge-label-days = Days with AI ({ $period })
badge-label-streak = AI streak
badge-label-model = Top AI model ({ $period })
badge-label-source = Top AI tool ({ $period })
badge-label-limit = AI limit
badge-label-limit-of = { $source } limit ({ $window })
badge-streak =
    { $count ->
        [one] { $n } day
       *[other] { $n } days
    }
badge-days = { $n } of { $of }
badge-limit = { $share } used
badges-title = Badges and cards
badges-description = These numbers as badges and cards for a README, with the lines to copy.
badges-lead = Pictures of these numbers for a README or a page of your own. They are files of this site and change with it; their addresses stay.
badges-empty = Nothing is counted yet, and every badge says so. All of them are there already, so you can put one in place now.
badges-relative = The lines below hold paths, because the address of this site is not known here. Put it before them, or set site.address in token-matters.yaml and build again.
badges-numbers = Numbers
badges-period = Days
badges-period-today = Last day
badges-period-7d = 7 days
badges-period-28d = 28 days
badges-period-30d = 30 days
badges-period-91d = 91 days
badges-period-12m = 12 months
badges-period-all = All
badges-name-tokens = Tokens
badges-about-tokens = All tokens, those read from a cache included.
badges-name-cost = Cost
badges-about-cost = What the tokens cost at list price. A sum with a part that has no price ends in “+”.
badges-name-requests = Responses
badges-about-requests = Answers of a model.
badges-name-cache = Cache reads
badges-about-cache = The share of the prompt that was read from a cache.
badges-name-days = Active days
badges-about-days = Of the days of the period.
badges-name-streak = Streak
badges-about-streak = Days in a row with use, up to the last one.
badges-name-model = Top model
badges-about-model = The model with most tokens.
badges-name-source = Top tool
badges-about-source = The source with most tokens.
badges-name-limit = Limit
badges-about-limit = The limit of which most is used, as its vendor last told.
badges-name-spark = Sparkline
badges-about-spark = Tokens of each of the last 30 days.
badges-copy = Copy
badges-copy-what = Copy { $kind }: { $name }
badges-copied = Copied
badges-own = Badges of your own
badges-styles = Styles
badges-styles-about = Every badge above is there in five styles. The name of the style stands at the end of the file’s name; flat has none.
badges-styles-table = One badge in five styles
badges-style = Style
badges-picture = Picture
badges-file = File
badges-cards = Cards
badges-cards-about = Cards are light or dark as the page around them. Each is there for light alone and for dark alone as well, with -light or -dark at the end of the file’s name.
badges-wrapped = Each year is there as a picture as well:
badges-github = On GitHub
badges-github-cache = GitHub shows a copy of each picture and renews it after some minutes, up to a few hours.
badges-github-pair = Badges look the same on light and on dark. Cards follow the setting of the reader’s system; to let one follow the theme chosen on GitHub, use these two lines, of which GitHub hides one:
badges-shields = With shields.io
badges-shields-about = Beside each badge lies a file of the same name that ends in .json. It lets shields.io draw the badge, with every style and logo it has. Readers then ask that service for the picture.
badges-classic = Addresses of Token Matters 1.x
badges-classic-about = These five stay as they are.
badges-classic-table = Badges of Token Matters 1.x
badges-token-usage = Tokens of 7 days
badges-token-usage-cost = Tokens and cost of 7 days
badges-token-usage-pixel = Tokens of 7 days, monospaced
badges-token-usage-cost-pixel = Tokens and cost of 7 days, monospaced
badges-token-usage-dark = Tokens of 30 days, on dark

## Cards and wrapped

card-no-data = No data yet
card-until = until { $date }
card-since = since { $date }
card-summary = Token use, last 30 days
card-streak = Days in a row
card-calendar = Tokens by day, 12 months
card-models = Models, last 30 days
card-sources = Sources, last 30 days
card-skyline = Tokens by day as a skyline, 12 months
card-spark = Tokens by day, last 30 days
card-tokens = tokens
card-all-tokens = Tokens in all
card-active-days = Active days
card-from-cache = Read from cache
card-current-streak = Current streak
card-longest-streak = Longest streak
card-of = { $n } of { $all }
card-most = most { $n }, { $date }
card-less = less
card-more = more
card-change-note = Changes compare the last 28 days with the 28 before.
card-nothing-earlier = Nothing earlier to compare with.
card-days = { $count ->
    [one] { $n } day
   *[other] { $n } days
}
card-active = { $count ->
    [one] { $n } active day
   *[other] { $n } active days
}
wrapped-years = Years in review
wrapped-years-description = One page and one picture for each year with use.
wrapped-title = { $year } in review
wrapped-so-far = so far
wrapped-title-so-far = { $year } in review, so far
wrapped-sentence = { $tokens } tokens and { $responses } responses on { $days }.
wrapped-tokens = { $n } tokens
wrapped-busiest-day = Busiest day
wrapped-busiest-month = Busiest month
wrapped-months = Months
wrapped-table = { $name }, table
wrapped-picture = Picture
wrapped-picture-alt = { $title }: { $sentence }
wrapped-picture-note = 1200 by 1500 pixels. A year that is over keeps its picture.
wrapped-boxes = Letters for which the machine that drew the picture has no font stand as boxes in the PNG; the SVG has all of them.
wrapped-download-png = Download PNG
wrapped-download-svg = Download SVG
wrapped-all-years = All years

## Explore

explore-title = Explore
explore-description = Any days, sources, models and machines, filtered in the browser.
explore-needs = Filtering needs the page to be served
explore-needs-text = Filtering runs in your browser: it needs JavaScript, and the page must come from a web server. On your own computer:
explore-instead = The same numbers for fixed periods, and each name by itself, are on these pages:
explore-data-page = Data and CSV
explore-period = Period
explore-preset-7d = 7 days
explore-preset-28d = 28 days
explore-preset-91d = 91 days
explore-preset-month = Month to date
explore-preset-last-month = Last month
explore-preset-year = Year to date
explore-preset-12m = 12 months
explore-preset-all = All
explore-from = From
explore-to = To
explore-measure = Measure
explore-measure-tokens = Tokens
explore-measure-cost = Cost at list price
explore-measure-requests = Responses
explore-measure-input = Input
explore-measure-output = Output
explore-measure-cacheRead = Cache read
explore-measure-cacheWrite = Cache write
explore-measure-cacheRatio = Read from cache
explore-by = Group by
explore-by-source = Source
explore-by-model = Model
explore-by-machine = Machine
explore-by-project = Project
explore-by-quality = Quality
explore-unit = One bar is
explore-unit-auto = Automatic
explore-unit-day = A day
explore-unit-week = A week
explore-unit-month = A month
explore-cmp = Compare with
explore-cmp-prev = Period before
explore-cmp-year = Year before
explore-cmp-none = Nothing
explore-filters = Filters
explore-reset = Clear all filters
explore-again = Try again
explore-fact-tokens = Tokens
explore-fact-cost = Cost at list price
explore-fact-requests = Responses
explore-fact-cacheRatio = Read from cache
explore-cursor = Place in the chart
explore-keys = Keys, with the chart in focus: arrows for one bar, Page Up and Page Down for several, Home and End for the edges, Escape to close. A click keeps the numbers open.
explore-markdown = Copy as Markdown
explore-csv = Download CSV
explore-json = Download JSON
explore-quality = Quality
explore-exact = exact
explore-partial = partial
explore-estimated = estimated
explore-cost = Cost at list price
explore-input = Input tokens
explore-output = Output tokens
explore-cacheRead = Tokens read from cache
explore-cacheWrite = Tokens written to cache
explore-cacheRatio = Read from cache
explore-of-tokens = { $n } tokens
explore-of-cost = { $n } at list price
explore-of-requests = { $n } responses
explore-of-input = { $n } input tokens
explore-of-output = { $n } output tokens
explore-of-cacheRead = { $n } tokens read from cache
explore-of-cacheWrite = { $n } tokens written to cache
explore-of-cacheRatio = { $n } read from cache
explore-points = { $n } points
explore-unpriced = { $share } of tokens without a price
explore-all = all
explore-search = Search
explore-total = Total
explore-change = Change
explore-heading-source = { $measure } by source
explore-heading-model = { $measure } by model
explore-heading-machine = { $measure } by machine
explore-heading-project = { $measure } by project
explore-heading-quality = { $measure } by quality
explore-result = { $value }, { $names }, { $range }.
explore-against = { $change } against { $range }.
explore-began = The first day with use is { $date }.
explore-nothing-earlier = There is nothing earlier to compare with.
explore-before = Before
explore-before-range = Before: { $range }
explore-hatched = hatched: estimated or partial
explore-none = No usage matches.
explore-clear-source = Clear source: { $name }
explore-clear-model = Clear model: { $name }
explore-clear-machine = Clear machine: { $name }
explore-clear-project = Clear project: { $name }
explore-widen = Widen the dates
explore-failed = Could not load { $years }.
explore-copied = Copied as Markdown.
explore-take = The text is selected: copy it with the keyboard.
explore-saved = Saved { $name }.
explore-n-source =
    { $count ->
        [one] { $n } source
       *[other] { $n } sources
    }
explore-n-model =
    { $count ->
        [one] { $n } model
       *[other] { $n } models
    }
explore-n-machine =
    { $count ->
        [one] { $n } machine
       *[other] { $n } machines
    }
explore-n-project =
    { $count ->
        [one] { $n } project
       *[other] { $n } projects
    }
explore-n-quality =
    { $count ->
        [one] { $n } quality
       *[other] { $n } qualities
    }

## Feed, not found, offline

feed-subtitle = Token use by week and month
feed-week = Week { $week } of { $year }: { $tokens } tokens
feed-month = { $month }: { $tokens } tokens
feed-summary = { $count ->
    [one] { $range }: { $tokens } tokens on one day with use.
   *[other] { $range }: { $tokens } tokens on { $n } days with use.
}
feed-cost = { $cost } at list price.
feed-most = Most by { $source } ({ $share }) and with { $model }.
feed-price = No price for { $model }
feed-price-text = { $model } was first used on { $date }. Its tokens are in no amount.
feed-silent = { $machine } is silent
feed-silent-text = { $machine } was last used on { $date }; nothing came from it in the { $n } days after.
not-found-title = Page not found
not-found-text = There is no page at this address. It may be that of a name or a day that is no longer shown.
not-found-start = To the start page
not-found-root = To the start of this server
not-found-root-text = The start page is some levels above this address: take away the end of it, part by part.
offline-title = Offline
offline-lead = Pages that you visit can stay in this browser, so that they open without a network. They go nowhere else, and nothing is kept unless you say so.
offline-noscript = This needs JavaScript.
offline-on = Keep visited pages
offline-off = Remove them and stop
offline-is-on = Visited pages are kept.
offline-is-off = Nothing is kept.
offline-cannot = This browser or address cannot keep pages: it takes a site that is served with https.
