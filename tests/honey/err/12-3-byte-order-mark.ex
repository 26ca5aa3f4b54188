use Honey, license: "GPL"
