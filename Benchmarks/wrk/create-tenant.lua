-- POST /tenants with another key and domain for each request: KEY_PREFIX (at most 4 characters) and a counter in base 36.
dofile(os.getenv('REPORT_SCRIPT'))

local digits = '0123456789abcdefghijklmnopqrstuvwxyz'
local prefix = os.getenv('KEY_PREFIX')
local counter = 0

wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'

function request()
    counter = counter + 1
    local rest, suffix = counter, ''
    repeat
        local digit = rest % 36
        suffix = digits:sub(digit + 1, digit + 1) .. suffix
        rest = (rest - digit) / 36
    until rest == 0
    local key = prefix .. suffix
    local body = '{"name":"Acme Corporation","key":"' .. key .. '","domains":["' .. key .. '.example"],' ..
        '"contact":{"firstName":"Ada","lastName":"Lovelace","email":"ada@' .. key .. '.example","isPrimary":true}}'
    return wrk.format(nil, nil, nil, body)
end
