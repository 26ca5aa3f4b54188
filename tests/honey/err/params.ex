use Honey, license: "GPL"
defparam(:limit, :u64)
defparam(:text, :string, 1)
defparam(:two, :u64, 2)
defparam(:two, :u64, 2)
