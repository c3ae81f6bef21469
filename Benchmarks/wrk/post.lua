-- POST with the JSON of the file that BODY_FILE names.
dofile(os.getenv('REPORT_SCRIPT'))

local file = io.open(os.getenv('BODY_FILE'))
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.body = file:read('*a')
file:close()
