-- wrk: posts the bodies of a folder (files 1 to count) in rotation; they are read and put together before the
-- start, so that a request costs the load generator little more than the write.
-- Arguments: folder, count, path, content type, Authorization.
local requests, next = {}, 0

function init(args)
  local folder, count = args[1], tonumber(args[2])
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = args[4]
  wrk.headers['Authorization'] = args[5]
  for i = 1, count do
    local file = assert(io.open(folder .. '/' .. i, 'rb'))
    requests[i] = wrk.format(nil, args[3], nil, file:read('*a'))
    file:close()
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  io.stdout:write(string.format(
    '\nRESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
