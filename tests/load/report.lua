-- What each connection asks for in turn, and the summary as one line of JSON.

local requests, turn = {}, 0

init = function()
  for _, path in ipairs({ "/", "/items/7", "/stats", "/items/7" }) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
  local headers = { ["Content-Type"] = "application/json" }
  requests[#requests + 1] = wrk.format("POST", "/items", headers, '{"id":9,"name":"pears"}')
end

request = function()
  turn = turn % #requests + 1
  return requests[turn]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"failed":%d,"p50":%f,"p99":%f,"max":%f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3
  ))
end
