defmodule M do
  use Honey, license: "GPL
end
