-- Turns wrk into a client that reads what it gets: the connections' pages in turn, each of them whole.
local asked, wrong, threads = 0, 0, {}

function setup(thread) table.insert(threads, thread) end

function request()
  asked = asked + 1
  return wrk.format("GET", asked % 2 == 0 and "/bytes/1000" or "/chunks/1000")
end

function response(status, headers, body)
  if status ~= 200 or #body ~= 1000 or body:sub(1, 18) ~= "00000000\n00000001\n" then wrong = wrong + 1 end
  wrongs = wrong
end

function done(summary)
  local errors = summary.errors
  local sockets = errors.connect + errors.read + errors.write + errors.timeout
  local wrong = threads[1]:get("wrongs")
  io.write(string.format("checked %d errors %d other %d wrong %d\n", summary.requests, sockets, errors.status, wrong))
end
